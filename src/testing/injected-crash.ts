/** What an actor fails with when a test system crashes it. */
export class InjectedCrash extends Error {
  override readonly name = 'InjectedCrash'

  constructor(path: string) {
    super(`${path} was crashed by the test`)
  }
}
