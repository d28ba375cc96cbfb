import { afterEach, expect, test, vi } from 'vitest'
import { ErlangToolchain } from '#bench/harness/erlang'

afterEach(() => {
  vi.unstubAllEnvs()
})

test('where Erlang/OTP is missing the toolchain says so instead of failing', () => {
  vi.stubEnv('PATH', '/nowhere')
  expect(ErlangToolchain.prepare()).toBe('Erlang/OTP is not installed (no erlc found)')
})
