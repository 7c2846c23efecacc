export { countList, type Listed, type ListName, type ListPosition, type ListSlice, readList } from "./read-list.js";
