export { type Content, Html, html, joined } from "./html.js";
