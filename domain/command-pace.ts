const FIRST_PAUSE_S = 5
const SHORTEST_LONGEST_PAUSE_S = 2
const LONGEST_PAUSE_S = 3600
const DAY_S = 86_400

/**
 * Seconds of wall time until a command that has been sent `attempts` times is sent again: 5, 10, 20 … up to an hour (design,
 * "Programming a meter"). In a sandbox at least once a business day, so that a fast village keeps pace.
 */
export function pauseAfterAttemptS({ attempts, speed }: { attempts: number; speed: number }): number {
  const aDayS = speed > 0 ? DAY_S / speed : LONGEST_PAUSE_S
  const longestS = Math.min(LONGEST_PAUSE_S, Math.max(SHORTEST_LONGEST_PAUSE_S, aDayS))
  return Math.min(longestS, FIRST_PAUSE_S * 2 ** Math.min(attempts - 1, 12))
}

const CLOCK_TOLERANCE_S = 300
/** What the simulated meters' clocks may lag behind a change of speed, wall time. */
const CHANGE_OF_SPEED_S = 5

/** How far ahead of business time (in business ms) a reading may claim to be before it is suspect: five minutes, more in a sandbox. */
export function futureToleranceMs(speed: number): number {
  return Math.max(CLOCK_TOLERANCE_S, CHANGE_OF_SPEED_S * speed) * 1000
}
