/**
 * The database server that the set-up started and the teardown has to stop; empty when the environment named one.
 * @type {{ dir?: string, stop?: () => Promise<void> }}
 */
export const ownServer = {}
