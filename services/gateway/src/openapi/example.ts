/** Request body and answer of an operation, as a test run exchanged them. */
export interface Example {
  readonly request?: unknown;
  readonly answer: unknown;
}
