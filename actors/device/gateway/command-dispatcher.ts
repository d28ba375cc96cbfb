import type { ControllerLine } from './controller-line.ts'
import type { HomeRegistry } from './home-registry.ts'
import type { LiveCommand } from './live-command.ts'
import type { CommandOptions } from './service-options.ts'
import type { ServiceWakes } from './service-wakes.ts'

/** Sends one attempt, whatever becomes of it. */
type SendAttempt = (command: LiveCommand, line: ControllerLine, nowMs: number) => void

/** Gives commands to the controllers of their homes, and has them sent at the pace of each. A command for which no controller is there waits for one. */
export class CommandDispatcher {
  readonly #options: Pick<Required<CommandOptions>, 'attemptsPerController' | 'paceMs'>
  readonly #homes: HomeRegistry
  readonly #wakes: ServiceWakes
  readonly #send: SendAttempt

  constructor(
    options: Pick<Required<CommandOptions>, 'attemptsPerController' | 'paceMs'>,
    homes: HomeRegistry,
    wakes: ServiceWakes,
    send: SendAttempt,
  ) {
    this.#options = options
    this.#homes = homes
    this.#wakes = wakes
    this.#send = send
  }

  /** It can be sent to from now on. */
  controllerUp(line: ControllerLine, nowMs: number): void {
    const home = this.#homes.home(line.home)
    home.lines.push(line)
    for (const command of [...home.waiting]) {
      home.waiting.delete(command)
      this.dispatch(command, nowMs)
    }
  }

  /** Its connection is gone: what it was to send goes to others. Answers what was on its way through it. */
  controllerDown(line: ControllerLine, nowMs: number): LiveCommand[] {
    line.isOnline = false
    this.#homes.home(line.home).remove(line)
    const open = [...line.openCommands]
    for (const command of open) line.leave(command)
    for (const command of open) if (command.phase === 'pacing') this.dispatch(command, nowMs)
    this.#homes.dropIfEmpty(line.home)
    return open.filter((command) => command.line === line && (command.phase === 'sent' || command.phase === 'acked'))
  }

  /** A controller has said which device it is. */
  controllerAddress(line: ControllerLine, address: number): void {
    if (line.isOnline && line.address !== address) this.#homes.home(line.home).setAddress(line, address)
  }

  /** Gives it to a controller. */
  dispatch(command: LiveCommand, nowMs: number): void {
    const home = this.#homes.home(command.order.home)
    const line = home.choose(command, this.#options.attemptsPerController)
    if (line === undefined) {
      command.enter('controller')
      home.waiting.add(command)
      return
    }
    command.enter('pacing')
    command.line = line
    line.queue.add(command)
    line.open.add(command)
    this.pump(line, nowMs)
  }

  /** Sends what the pace of a controller allows. */
  pump(line: ControllerLine, nowMs: number): void {
    if (line.queuedCount === 0) return
    for (const command of line.queue) {
      if (nowMs < line.nextSendMs) return this.#wakes.forLine(line)
      line.queue.delete(command)
      line.nextSendMs = nowMs + this.#options.paceMs
      this.#send(command, line, nowMs)
    }
  }

  /** It waits for no controller any more, and none has to do with it. */
  withdraw(command: LiveCommand): void {
    if (command.phase === 'controller') this.#homes.find(command.order.home)?.waiting.delete(command)
    command.line?.leave(command)
  }
}
