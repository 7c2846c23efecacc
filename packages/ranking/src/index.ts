export type { ArticleTraits } from "./article-model.js";
export { COLUMNS, MEASURES, POOL_COLUMNS } from "./feature-names.js";
export type { ForestNodes } from "./forest.js";
export { growForest } from "./grow-forest.js";
export type { Among, Training } from "./head.js";
export type { Id } from "./id.js";
export type { List } from "./list.js";
export { type Deed, type Explanation, Ranker, type RankerOptions, type Reaction, type TimeRead } from "./ranker.js";
export { BadSnapshot } from "./snapshot.js";
