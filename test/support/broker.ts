import { Aedes } from 'aedes'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

export type TestBroker = {
  readonly url: string
  /** Cuts every connection, as a reboot of the broker would. */
  readonly dropClients: () => void
  readonly close: () => Promise<void>
}

/** An empty MQTT 3.1.1 broker on a free port. With MQTT_URL set that broker is used instead: keep plants and serials unique. */
export async function freshBroker(): Promise<TestBroker> {
  if (process.env.MQTT_URL) return { url: process.env.MQTT_URL, dropClients: () => {}, close: async () => {} }
  const broker = await Aedes.createBroker()
  const sockets = new Set<import('node:net').Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    broker.handle(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const dropClients = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const close = async (): Promise<void> => {
    dropClients()
    await new Promise((resolve) => server.close(resolve))
    await new Promise<void>((resolve) => broker.close(() => resolve()))
  }
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, dropClients, close }
}
