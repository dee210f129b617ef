// What opens above the page. Pages take it from here; the first load takes the menu alone.
export { Layer } from './Layer';
export { Menu, type MenuItem } from './Menu';
