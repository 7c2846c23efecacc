import { serverNow } from "./api.js";

const zh = {
  brand: "头条",
  back: "返回",
  follow: "关注",
  following: "已关注",
  similar: "相似文章",
  retry: "重试",
  loading: "加载中…",
  ended: "以前的都看完了",
  another: "再来一批",
  exhausted: "暂时没有新的内容了，过一会儿再来",
  degraded: "推荐服务暂时没有回应，先看看这些热门内容。",
  published: "已发表",
  followers: (n) => `${n} 人关注`,
  comments: (n) => `${n} 评论`,
  likes: (n) => `${n} 赞`,
  collects: (n) => `${n} 收藏`,
  waiting: (n) => `${n} 篇新内容`,
  recommended: (n) => `为你推荐了 ${n} 篇`,
  requestId: "请求号",
  now: "刚刚",
  reasons: { pinned: "置顶", hot: "热", new: "新", followed: "关注", explore: "探索", promoted: "推广" },
  problems: {
    NETWORK: "连不上服务器",
    INTERNAL: "服务器出了差错",
    UNAVAILABLE: "服务暂时忙不过来，请稍后再试",
    UNAUTHENTICATED: "名字或密码不对",
    NOT_FOUND: "没有找到，可能已经删除",
    SIGNED_OUT: "登录已过期，请重新登录",
  },
};

const en = {
  brand: "Headline",
  back: "Back",
  follow: "Follow",
  following: "Following",
  similar: "Similar articles",
  retry: "Try again",
  loading: "Loading…",
  ended: "You have seen all earlier ones",
  another: "Show me more",
  exhausted: "Nothing new right now, come back in a while",
  degraded: "The recommender does not answer right now; here is what is hot.",
  published: "Published",
  followers: (n) => `${n} followers`,
  comments: (n) => `${n} comments`,
  likes: (n) => `${n} likes`,
  collects: (n) => `${n} saves`,
  waiting: (n) => `${n} new`,
  recommended: (n) => `${n} new for you`,
  requestId: "request",
  now: "just now",
  reasons: { pinned: "Top", hot: "Hot", new: "New", followed: "Following", explore: "Explore", promoted: "Promoted" },
  problems: {
    NETWORK: "The server cannot be reached",
    INTERNAL: "Something went wrong on the server",
    UNAVAILABLE: "The service is busy, please try again",
    UNAUTHENTICATED: "Name and password do not belong together",
    NOT_FOUND: "Not found; it may have been deleted",
    SIGNED_OUT: "Your sign-in has expired, please sign in again",
  },
};

/** What index.html says in Chinese. */
const pageInEnglish = {
  skip: "Skip to content",
  brand: "Headline",
  refresh: "Refresh",
  publish: "Publish",
  signIn: "Sign in",
  signOut: "Sign out",
  channels: "Channels",
  name: "Name",
  password: "Password",
  demo: "For the demo accounts alice and bob, npm start prints the password.",
  cancel: "Cancel",
  publishTitle: "Publish an article",
  title: "Title",
  channel: "Channel",
  content: "Text",
  covers: "Cover addresses (one a line, up to three, optional)",
};

export const isChinese = navigator.language.toLowerCase().startsWith("zh");
export const text = isChinese ? zh : en;

const language = isChinese ? "zh-CN" : "en";
const compact = new Intl.NumberFormat(language, { notation: "compact" });
const relative = new Intl.RelativeTimeFormat(language);
const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];
const WEEK_MS = 7 * 86_400_000;

export function count(n) {
  return compact.format(n);
}

/** "3小时前", and the date for what is older than a week. */
export function ago(date) {
  const ageMs = serverNow() - Date.parse(date);
  if (ageMs > WEEK_MS) return new Date(date).toLocaleDateString(language);
  const [unit, ms] = UNITS.find(([, unitMs]) => ageMs >= unitMs) ?? [];
  return unit === undefined ? text.now : relative.format(-Math.floor(ageMs / ms), unit);
}

/** The page is written in Chinese; for other readers its words are replaced where it names them. */
export function translatePage() {
  document.title = text.brand;
  if (isChinese) return;
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = pageInEnglish[node.dataset.text];
  for (const node of document.querySelectorAll("[data-label]")) node.ariaLabel = pageInEnglish[node.dataset.label];
}
