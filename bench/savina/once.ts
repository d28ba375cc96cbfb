/** For an actor that ends itself when its part is done: every iteration makes its actors, and none of them stays. */
export const ONCE = Object.freeze({ restart: 'temporary' } as const)
