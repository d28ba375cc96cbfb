import { describe, expect, it } from 'vitest'
import { gatewayDefaults, parseGatewayOptions, usageText } from '#actors/gateway/options'

describe('parseGatewayOptions', () => {
  it('answers the defaults when nothing is given', () => {
    expect(parseGatewayOptions([])).toEqual(gatewayDefaults)
  })

  it.each([
    [['--devices', '7'], { devices: 7 }],
    [['--threads', '3'], { threads: 3 }],
    [['--rate', '0.5'], { rate: 0.5 }],
    [['--loss', '0.2'], { loss: 0.2 }],
    [['--profile', 'busy'], { profile: 'busy' }],
    [['--kill', 'none'], { kill: 'none' }],
    [['--kill-every', '0.5'], { killEverySeconds: 0.5 }],
    [['--seed', '0'], { seed: 0 }],
    [['--seconds', '20'], { seconds: 20 }],
    [['--json'], { json: true }],
    [['--help'], { help: true }],
    [['--devices=7', '--json', '--kill=thread'], { devices: 7, json: true, kill: 'thread' }],
    [['--devices', '7', '--devices', '8'], { devices: 8 }],
    [['--threads', '0'], { threads: 0, kill: 'actor' }],
    [['--threads', '0', '--kill', 'none'], { threads: 0, kill: 'none' }],
  ])('reads %j', (args, expected) => {
    expect(parseGatewayOptions(args)).toEqual({ ...gatewayDefaults, ...expected })
  })

  it.each([
    [['--devices', '0'], "--devices must be a whole number from 1 to 10000 devices, got '0'"],
    [['--devices', '-5'], "--devices must be a whole number from 1 to 10000 devices, got '-5'"],
    [['--devices', '1.5'], "from 1 to 10000 devices, got '1.5'"],
    [['--devices', 'many'], "from 1 to 10000 devices, got 'many'"],
    [['--devices='], "from 1 to 10000 devices, got ''"],
    [['--threads', '33'], "--threads must be a whole number from 0 to 32 threads, got '33'"],
    [['--rate', '0'], "--rate must be a number from 0.1 to 10000 commands a second, got '0'"],
    [['--loss', '1'], "--loss must be a number from 0 to 0.9, got '1'"],
    [['--seconds', '0.5'], "--seconds must be a number from 1 to 31536000 seconds, got '0.5'"],
    [['--kill-every', '0'], "--kill-every must be a number from 0.1 to 3600 seconds, got '0'"],
    [['--seed', '4294967296'], "--seed must be a whole number from 0 to 4294967295, got '4294967296'"],
    [['--profile', 'fast'], "--profile must be one of quiet, busy, instant, got 'fast'"],
    [['--kill', 'all', '--threads', '0'], "--kill must be one of none, actor with --threads 0, got 'all'"],
    [['--kill', 'main'], "--kill must be one of none, actor, thread, all, got 'main'"],
    [['--devices'], '--devices needs a value'],
    [['--device', '5'], "unknown option '--device'; known options: --devices,"],
    [['--json=yes'], "unknown option '--json=yes'"],
    [['100'], "unknown option '100'"],
  ])('refuses %j, naming value and range', (args, message) => {
    expect(() => parseGatewayOptions(args)).toThrow(expect.objectContaining({ name: 'UsageError' }))
    expect(() => parseGatewayOptions(args)).toThrow(message)
  })

  it('has every flag in its usage text', () => {
    const flags = [
      '--devices',
      '--threads',
      '--rate',
      '--loss',
      '--profile',
      '--kill',
      '--kill-every',
      '--seed',
      '--seconds',
      '--json',
      '--help',
    ]
    expect(flags.filter((flag) => !usageText.includes(`  ${flag} `))).toEqual([])
  })
})
