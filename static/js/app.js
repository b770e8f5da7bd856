// The only script the layout names; the rest is imported by plain relative addresses, so that each module exists once.
import "./page.js";
import "./keys.js";
import "./lists.js";
import "./typeahead.js";
import "./lights.js";
import "./draft.js";
import "./live.js";
import "./floats.js";
