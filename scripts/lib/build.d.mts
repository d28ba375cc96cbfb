/** Compiles to dist/ unless dist/ already holds exactly these sources; answers the compiler's complaints, '' for none. */
export declare function ensureBuilt(options?: { readonly force?: boolean }): Promise<string>
