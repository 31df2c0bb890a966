// The tree by which segments merge: cut at a number of segments, and climbed by a selection.

export class MergeTree {
  // `merges` are pairs in order; the second of each becomes part of the first, whose number is lower.
  constructor(n, merges) {
    this.n = n;
    this.merges = merges;
    const node = Uint32Array.from({ length: n }, (_, i) => i);
    const t = merges.length / 2;
    this.parent = new Int32Array(n + t).fill(-1);
    this.children = [];
    for (let i = 0; i < t; i++) {
      const [a, b] = [merges[2 * i], merges[2 * i + 1]];
      this.children.push([node[a], node[b]]);
      this.parent[node[a]] = this.parent[node[b]] = n + i;
      node[a] = n + i;
    }
  }

  get fewest() {
    return this.n - this.merges.length / 2;
  }

  // The lowest segment that each is joined with when `left` segments are left.
  cut(left) {
    const root = Uint32Array.from({ length: this.n }, (_, i) => i);
    const most = Math.min(this.n - left, this.merges.length / 2);
    for (let i = 0; i < most; i++) root[this.merges[2 * i + 1]] = this.merges[2 * i];
    // a number is never lower than that of what it is joined with
    for (let i = 0; i < this.n; i++) root[i] = root[root[i]];
    return root;
  }

  leaves(node) {
    const found = [];
    const waiting = [node];
    while (waiting.length) {
      const next = waiting.pop();
      if (next < this.n) found.push(next);
      else waiting.push(...this.children[next - this.n]);
    }
    return found;
  }

  // The largest branches that lie in a selection.
  #branches(selected) {
    const inside = new Uint8Array(this.parent.length);
    inside.set(selected);
    this.children.forEach(([a, b], i) => (inside[this.n + i] = inside[a] & inside[b]));
    return [...inside.keys()].filter((node) => inside[node] && !(this.parent[node] >= 0 && inside[this.parent[node]]));
  }

  // Add what a selection merges with first.
  grow(selected) {
    const parents = this.#branches(selected).map((node) => this.parent[node]).filter((node) => node >= 0);
    if (!parents.length) return null;
    const grown = selected.slice();
    for (const leaf of this.leaves(Math.min(...parents))) grown[leaf] = 1;
    return grown;
  }

  // Take away what a selection was merged with last: the part without a segment that was clicked, or the smaller one.
  shrink(selected, clicked, areas) {
    const branches = this.#branches(selected).filter((node) => node >= this.n);
    if (!branches.length) return null;
    const halves = this.children[Math.max(...branches) - this.n].map((node) => this.leaves(node));
    const worth = halves.map((half) => half.reduce((sum, leaf) => sum + areas[leaf] + (clicked.has(leaf) ? 1e12 : 0), 0));
    const shrunk = selected.slice();
    for (const leaf of halves[worth[0] < worth[1] ? 0 : 1]) shrunk[leaf] = 0;
    return shrunk;
  }
}
