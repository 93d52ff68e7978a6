// What a person sees while the stack gets ready: one line a step, each with the time since the start. Always on stderr, so that
// stdout stays free for what a script reads.

const reminderMs = 10_000

/**
 * @typedef {{ say: (text: string) => void, during: <T>(text: string, work: (update: (detail: string) => void) => Promise<T>) => Promise<T> }} Progress
 * @returns {Progress}
 */
export function createProgress() {
  const startedAt = Date.now()
  /** @param {string} text */
  const say = (text) => void process.stderr.write(`${elapsed(Date.now() - startedAt)}  ${text}\n`)
  /** @type {Progress['during']} */
  const during = async (text, work) => {
    say(text)
    let detail = ''
    const reminder = setInterval(() => say(`  … ${detail || 'still at it'}`), reminderMs)
    try {
      return await work((latest) => (detail = latest))
    } finally {
      clearInterval(reminder)
    }
  }
  return { say, during }
}

/** @param {number} ms */
function elapsed(ms) {
  const seconds = Math.floor(ms / 1000)
  return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}`
}
