/** Words that stand in titles of every kind and so say nothing of what an article is about. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `
  一个 一些 一下 一样 一直 一种 一次 一天 一年 一名 一位 一场 一家 一张 一句 一起 一定 两个 三个 几个 多个 第一 第二
  我们 你们 他们 她们 它们 自己 大家 别人 有人 这个 那个 这些 那些 这样 那样 这么 那么 这里 那里 这是 那是 每个 各种 某些 其他 其实 其中
  什么 怎么 怎样 怎么样 如何 为何 为什么 哪些 哪个 哪里 多少 是否 难道 究竟 到底 竟然 居然 原来 果然
  没有 不是 不会 不能 不要 不再 不用 不了 不到 只有 只是 只能 就是 还是 还有 还要 也是 都是 才是 而是 便是 可是 但是 或是 或者 以及 而且 并且
  因为 所以 如果 虽然 然而 不过 于是 因此 即使 无论 除了 关于 对于 根据 通过 随着 为了 由于 按照
  可以 可能 应该 必须 需要 能够 愿意 已经 曾经 正在 将要 即将 仍然 仍是 依然 终于 开始 继续 成为 变成 进行 表示 认为 觉得 知道 看到 来自
  非常 十分 特别 比较 更加 越来越 最后 最新 最近 现在 目前 今天 昨天 明天 今年 去年 明年 今日 昨日 时候 之后 之前 以后 以前 以来 之间 之一 之中 当时
  记者 网友 报道 消息 新闻 独家 快讯 视频 图片 组图 回应 曝光
  about above after again against all also am among an and any are as at back be because been before being below between both but by can
  could did do does doing don down during each ever every few first for from further get gets got had has have having he her here hers
  him his how if in into is isn it its just know last like ll made make makes many may me might more most much must my new news no nor not now
  of off on once one only or other our out over own re said same say says she should so some still such take than that the their them then
  there these they this those through to too two under until up us use ve very was watch way we were what when where which while who whom
  why will with without won would year years yet you your
  `
    .trim()
    .split(/\s+/),
);
