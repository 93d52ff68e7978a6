/** Where workflows and their activities run; needed by the API, the relay and the workers alike. */
export const OPERATIONS_QUEUE = 'operations'
