/** The inner loop of ForestScorer as a WebAssembly module, assembled here: no tool chain, no file to load. */

/** A tree's leaves are the bits of one 32-bit integer. */
export const LEAVES_MAX = 32;
/** threshold f32 · leaves on the left u32 · address of the tree's bits i32 */
export const NODE_BYTES = 12;

interface Memory {
  readonly buffer: ArrayBuffer;
}

type Score = (
  width: number,
  columns: number,
  values: number,
  bits: number,
  trees: number,
  leaves: number,
  sums: number,
) => void;

/** As much of WebAssembly as is used here: @types/node has none for Node 20, and the types of the DOM do not belong here. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (descriptor: { initial: number }) => Memory;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, unknown> };
}

const api = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
const PAGE_BYTES = 65_536;

/** A memory of at least so many bytes. */
export function memoryOf(bytes: number): Memory {
  return new api.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
}

function compile(): ((memory: Memory) => Score) | undefined {
  try {
    const module = new api.Module(assemble());
    return (memory) => new api.Instance(module, { env: { memory } }).exports["score"] as Score;
  } catch {
    return undefined; // no SIMD: ForestScorer says so, and the trees are walked
  }
}

type Code = readonly number[];

// Opcodes of the WebAssembly core specification 2.0, chapter 5 "Binary format".
const I32 = 0x7f;
const F64 = 0x7c;
const V128 = 0x7b;
const BLOCK: Code = [0x02, 0x40];
const LOOP: Code = [0x03, 0x40];
const END = 0x0b;
const I32_EQZ = 0x45;
const I32_GE_U = 0x4f;
const I32_ADD = 0x6a;
const I32_SHL = 0x74;
const I32_CTZ = 0x68;
const F64_ADD = 0xa0;
const I32_LOAD = (offset: number): Code => [0x28, 2, offset];
const F64_LOAD: Code = [0x2b, 3, 0];
const F64_STORE = (offset: number): Code => [0x39, 3, offset];
const V128_LOAD = simd(0, 4, 0);
const V128_LOAD32_SPLAT = (offset: number) => simd(9, 2, offset);
const V128_STORE = simd(11, 4, 0);
const V128_ALL_ONES = simd(12, ...new Array<number>(16).fill(0xff));
const I32X4_EXTRACT_LANE = (lane: number) => simd(27, lane);
const F32X4_GT = simd(68);
const V128_AND = simd(78);
const V128_ANDNOT = simd(79);
const V128_ANY_TRUE = simd(83);
const LANES = [0, 1, 2, 3];

const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number): Code => [0x21, ...unsigned(local)];
const tee = (local: number): Code => [0x22, ...unsigned(local)];
const constant = (value: number): Code => [0x41, ...signed(value)];
const branch = (depth: number): Code => [0x0c, depth];
const branchIf = (depth: number): Code => [0x0d, depth];
const advance = (local: number, by: number): Code => [...get(local), ...constant(by), I32_ADD, ...set(local)];
/** Runs `code` as often as `counter` says, at least once. */
const repeat = (counter: number, code: Code): Code => [
  ...LOOP,
  ...code,
  ...[...get(counter), ...constant(-1), I32_ADD, ...tee(counter), ...branchIf(0)],
  END,
];

// Parameters and locals of `score`, in their order.
const [WIDTH, COLUMNS, VALUES, BITS, TREES, LEAVES, SUMS] = [0, 1, 2, 3, 4, 5, 6] as const;
const [COUNTER, NODE, NODES_END, AT] = [7, 8, 9, 10] as const;
const [VALUE, ABOVE, SUM, TREE_BITS] = [11, 12, 13, 17] as const;
const LOCALS: readonly Code[] = [
  [4, I32],
  [2, V128],
  [4, F64],
  [1, V128],
];

function body(): Code {
  const keepAllLeaves = [
    ...[...get(BITS), ...set(AT), ...get(TREES), ...set(COUNTER)],
    ...repeat(COUNTER, [...get(AT), ...V128_ALL_ONES, ...V128_STORE, ...advance(AT, 16)]),
  ];
  const clearLeavesOnTheLeft = [
    ...[...get(NODE), ...I32_LOAD(8), ...tee(AT), ...get(AT), ...V128_LOAD],
    ...[...get(ABOVE), ...get(NODE), ...V128_LOAD32_SPLAT(4), ...V128_AND, ...V128_ANDNOT, ...V128_STORE],
  ];
  const passNodes = [
    ...[...BLOCK, ...LOOP, ...get(NODE), ...get(NODES_END), I32_GE_U, ...branchIf(1)],
    ...[...get(VALUE), ...get(NODE), ...V128_LOAD32_SPLAT(0), ...F32X4_GT, ...tee(ABOVE)],
    ...[...V128_ANY_TRUE, I32_EQZ, ...branchIf(1)],
    ...[...clearLeavesOnTheLeft, ...advance(NODE, NODE_BYTES), ...branch(0), END, END],
  ];
  const walkColumns = [
    ...[...get(WIDTH), ...set(COUNTER)],
    ...repeat(COUNTER, [
      ...[...get(VALUES), ...V128_LOAD, ...set(VALUE), ...advance(VALUES, 16)],
      ...[...get(COLUMNS), ...I32_LOAD(0), ...set(NODE), ...get(COLUMNS), ...I32_LOAD(4), ...set(NODES_END)],
      ...[...advance(COLUMNS, 4), ...passNodes],
    ]),
  ];
  const addLeaf = (lane: number) => [
    ...[...get(SUM + lane), ...get(LEAVES), ...get(TREE_BITS), ...I32X4_EXTRACT_LANE(lane)],
    ...[I32_CTZ, ...constant(3), I32_SHL, I32_ADD, ...F64_LOAD, F64_ADD, ...set(SUM + lane)],
  ];
  const sumTrees = [
    ...[...get(TREES), ...set(COUNTER)],
    ...repeat(COUNTER, [
      ...[...get(BITS), ...V128_LOAD, ...set(TREE_BITS), ...LANES.flatMap(addLeaf)],
      ...[...advance(BITS, 16), ...advance(LEAVES, 8 * LEAVES_MAX)],
    ]),
    ...LANES.flatMap((lane) => [...get(SUMS), ...get(SUM + lane), ...F64_STORE(8 * lane)]),
  ];
  return [...keepAllLeaves, ...walkColumns, ...sumTrees, END];
}

/** The module: imports `env.memory`, exports `score`. */
function assemble(): Uint8Array {
  const code = [...list(LOCALS), ...body()];
  const parameters = list(new Array<Code>(7).fill([I32]));
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([[0x60, ...parameters, ...list([])]])),
    ...section(2, list([[...text("env"), ...text("memory"), 2, 0, 1]])),
    ...section(3, list([[0]])),
    ...section(7, list([[...text("score"), 0, 0]])),
    ...section(10, list([[...unsigned(code.length), ...code]])),
  ]);
}

function simd(code: number, ...rest: readonly number[]): Code {
  return [0xfd, ...unsigned(code), ...rest];
}

function section(id: number, bytes: Code): Code {
  return [id, ...unsigned(bytes.length), ...bytes];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(name: string): Code {
  return [...unsigned(name.length), ...Buffer.from(name)];
}

/** LEB128. */
function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}

/** Signed LEB128. */
function signed(value: number): Code {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const byte = rest & 127;
    rest >>= 7;
    if ((rest === 0 && (byte & 64) === 0) || (rest === -1 && (byte & 64) !== 0)) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}

/** Binds the module to a memory; undefined on a processor or a Node without SIMD. */
export const quickScorer = compile();
