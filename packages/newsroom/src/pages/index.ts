export {
  type PageFormat,
  type PageTag,
  prunePages,
  readPages,
  readPageTags,
  type StaticPage,
  storePage,
} from "./static-page.js";
