// A site whose input method or browser takes one of our keys names another here; nothing else changes.
// Left: the key as the pages name it. Right: the key pressed at this site. Example: "Alt+KeyQ": "Alt+KeyY".
export const replaced = {};

// j, k and x in lists (only while the list has the focus). false turns them off.
export const lettersInLists = true;
