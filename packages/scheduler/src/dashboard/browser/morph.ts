/** Makes `old` like `fresh` in place: rows are matched by `data-key`, what the visitor unfolded or typed stays. */
export function morph(old: Element, fresh: Element): void {
  if (old.isEqualNode(fresh) || isStill(old)) return;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.matches("input, select, textarea")) return;
  morphChildren(old, fresh);
}

function morphChildren(old: Element, fresh: Element): void {
  const keyed = keyedChildren(old);
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const match = keyed.get(identityOf(next) ?? "") ?? (matches(at, next) ? at : null);
    if (match === null) {
      old.insertBefore(imported(next), at);
      continue;
    }
    if (match !== at) old.insertBefore(match, at);
    at = match.nextSibling;
    if (match instanceof Element && isElement(next)) morph(match, next);
    else if (match.nodeValue !== next.nodeValue) match.nodeValue = next.nodeValue;
  }
  removeFrom(at);
}

function keyedChildren(parent: Element): ReadonlyMap<string, ChildNode> {
  const keyed = new Map<string, ChildNode>();
  for (const child of parent.children) {
    const identity = identityOf(child);
    if (identity !== undefined) keyed.set(identity, child);
  }
  return keyed;
}

/** Name and key of an element that has a key. */
function identityOf(node: Node): string | undefined {
  const key = isElement(node) ? node.getAttribute("data-key") : null;
  return key === null ? undefined : `${node.nodeName} ${key}`;
}

/** Two nodes of one kind, neither of which has a key. */
function matches(old: ChildNode | null, fresh: ChildNode): boolean {
  if (old === null || identityOf(old) !== undefined || identityOf(fresh) !== undefined) return false;
  return old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName;
}

function imported(node: ChildNode): Node {
  const added = document.importNode(node, true);
  if (added instanceof HTMLTableRowElement) added.classList.add("fresh");
  return added;
}

/** Removes this node and those after it, except what stays until it removes itself. */
function removeFrom(first: ChildNode | null): void {
  for (let at = first; at !== null; ) {
    const gone = at;
    at = at.nextSibling;
    if (!(isElement(gone) && isStill(gone))) gone.remove();
  }
}

function isStill(element: Element): boolean {
  return element.hasAttribute("data-still");
}

/** By its type: a node of a parsed page belongs to another document. */
function isElement(node: Node): node is Element {
  return node.nodeType === Node.ELEMENT_NODE;
}
