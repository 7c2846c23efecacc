export type { ArticleTraits } from "./article-model.js";
export { CIRCUMSTANCES, COLUMNS, MEASURES } from "./feature-names.js";
export type { Id } from "./id.js";
export type { List } from "./measure.js";
export { seededRandom } from "./random.js";
export { type Click, Ranker, type RankerOptions, type TimeRead } from "./ranker.js";
