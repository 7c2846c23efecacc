/** Keys of kombu in Redis: its defaults, without a global prefix. */
export const UNACKED = "unacked";
export const UNACKED_INDEX = "unacked_index";

/** Priorities that have a list of their own; those between belong to the next lower one. 0 comes first. */
const PRIORITY_STEPS = [0, 3, 6, 9];
const SEPARATOR = "\x06\x16";

/** List of a queue for messages of a priority. */
export function listOf(queue: string, priority: number): string {
  const step = PRIORITY_STEPS.findLast((each) => each <= priority) ?? 0;
  return step === 0 ? queue : `${queue}${SEPARATOR}${step}`;
}

/** All lists of queues, in the order of taking: each priority from every queue. */
export function listsOf(queues: readonly string[]): string[] {
  return PRIORITY_STEPS.flatMap((step) => queues.map((queue) => listOf(queue, step)));
}

/** Queue to which a list belongs. */
export function queueOf(list: string): string {
  const [queue = list] = list.split(SEPARATOR);
  return queue;
}

/** Set of the queues that are bound to an exchange. */
export function bindingsKey(exchange: string): string {
  return `_kombu.binding.${exchange}`;
}

/** Member of that set. */
export function bindingOf(routingKey: string, queue: string): string {
  return [routingKey, "", queue].join(SEPARATOR);
}

/** Queues among such members that a routing key leads to. */
export function boundQueues(bindings: readonly string[], routingKey: string): string[] {
  return bindings
    .map((binding) => binding.split(SEPARATOR))
    .filter(([key]) => key === routingKey)
    .map(([, , queue]) => queue ?? "")
    .filter((queue) => queue !== "");
}

/** Channel of a fanout exchange. */
export function fanoutChannel(db: number, exchange: string, routingKey: string): string {
  return routingKey === "" ? `/${db}.${exchange}` : `/${db}.${exchange}/${routingKey}`;
}
