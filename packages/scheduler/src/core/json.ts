/** What survives JSON.stringify and JSON.parse unchanged: arguments and results of jobs in shared stores. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json };
