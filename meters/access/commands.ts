import { METER_LEAVES, meterTopic } from '../topics.ts'

/** A meter as the broker is to know it: user name and client id are the serial. */
export interface MeterLogin {
  readonly serial: string
  readonly plant: string
  readonly password: string
  /** Kept beside the name, told again by a list of all: whether the account is the one wanted. */
  readonly mark: string
}

const RIGHTS = { speaks: ['publishClientSend'], hears: ['subscribeLiteral', 'publishClientReceive'] } as const

/** A command to Mosquitto's dynamic security plugin. */
export type BrokerCommand = { readonly command: string } & Readonly<Record<string, unknown>>

/** The plugin's answer to one command; without an error it was done. */
export interface BrokerAnswer {
  readonly command: string
  readonly error?: string
  readonly data?: unknown
}

/**
 * Lets a meter in, whatever stood there before: only under its own client id, to speak in its own branch and hear its own commands.
 * Sent as one message, the broker does them without a pause between, so the meter is never half let in.
 */
export function admit({ serial, plant, password, mark }: MeterLogin): BrokerCommand[] {
  const acls = METER_LEAVES.flatMap((leaf) =>
    RIGHTS[leaf === 'cmd' ? 'hears' : 'speaks'].map((acltype) => ({
      acltype,
      topic: meterTopic({ plant, serial, leaf }),
      allow: true,
    })),
  )
  return [
    ...dismiss(serial),
    { command: 'createRole', rolename: serial, acls },
    {
      command: 'createClient',
      username: serial,
      clientid: serial,
      password,
      textname: mark,
      roles: [{ rolename: serial }],
    },
  ]
}

/** Takes a meter's account away; the broker throws it out at once. */
export function dismiss(serial: string): BrokerCommand[] {
  return [
    { command: 'deleteClient', username: serial },
    { command: 'deleteRole', rolename: serial },
  ]
}

/** The first answer that says a meter is not as wanted now; that what is to go was not there is as wanted. */
export function firstRefusal(answers: readonly BrokerAnswer[]): string | undefined {
  const refusal = answers.find(({ command, error }) => error !== undefined && ABSENT[command] !== error)
  return refusal && `${refusal.command}: ${refusal.error ?? ''}`
}

const ABSENT: Readonly<Record<string, string>> = { deleteClient: 'Client not found', deleteRole: 'Role not found' }

/** Every meter the broker knows, with its mark. Other accounts than meters' have small letters in their names. */
export function metersIn({ data }: BrokerAnswer): Map<string, string> {
  const { clients } = data as { readonly clients: readonly { readonly username: string; readonly textname?: string }[] }
  return new Map(
    clients.flatMap(({ username, textname = '' }) => (/^[A-Z0-9]+$/.test(username) ? [[username, textname] as const] : [])),
  )
}

/** Asks for every account with its mark. */
export const LIST_ACCOUNTS: BrokerCommand = { command: 'listClients', verbose: true, count: -1, offset: 0 }
