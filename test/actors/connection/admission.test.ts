import { describe, expect, it } from 'vitest'
import { Admission } from '#actors/connection/admission'

describe('admission', () => {
  it('refuses by the limit in total and by the limit for an address', () => {
    const admission = new Admission({ connectionsMax: 3, addressConnectionsMax: 2 })
    admission.opened(0, 'a')
    expect(admission.refusal('a')).toBeUndefined()
    admission.opened(1, 'a')
    expect(admission.refusal('a')).toBe('address-max')
    expect(admission.refusal('b')).toBeUndefined()
    admission.opened(1, 'b')
    expect(admission.refusal('c')).toBe('connections-max')
    admission.closed(0, 'a')
    expect(admission.refusal('a')).toBeUndefined()
  })

  it('forgets the connections of a host that was lost, and does not count their ends again', () => {
    const admission = new Admission({ connectionsMax: 10, addressConnectionsMax: 10 })
    admission.opened(0, 'a')
    admission.opened(0, 'a')
    admission.opened(1, 'a')
    admission.hostLost(0)
    admission.closed(0, 'a')
    expect([admission.count, admission.countOf(0), admission.countOf(1)]).toEqual([1, 0, 1])
  })

  it('takes over what a host has already', () => {
    const admission = new Admission({ connectionsMax: 3, addressConnectionsMax: 3 })
    admission.opened(0, 'a', 3)
    expect(admission.refusal('b')).toBe('connections-max')
    admission.closed(0, 'a')
    expect(admission.count).toBe(2)
  })
})
