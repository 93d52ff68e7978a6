// What Jest's report of a run says, in the words of `checks.mjs`.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { checkoutDir } from './cache.mjs'

/**
 * @typedef {{ status: string, fullName: string }} Tried
 * @typedef {{ status: string, name: string, startTime: number, endTime: number, assertionResults: Tried[] }} TriedFile
 * @typedef {{ passed: number, failed: number, failedFiles: string[], passedBeside: number, failures: string[], longest: string[] }} Count
 */

/** How many of the longest files are named. */
const LONGEST = 5

/**
 * Counts the tests of a run and names what failed; a run without a report has failed.
 * @param {string} file
 * @returns {Count}
 */
export function readReport(file) {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, testResults } = JSON.parse(readFileSync(file, 'utf8'))
    /** @type {TriedFile[]} */
    const files = testResults
    const beside = files.filter(({ status }) => status === 'passed')
    return {
      passed: numPassedTests,
      failed: numFailedTests + numRuntimeErrorTestSuites,
      failedFiles: files.filter(({ status }) => status !== 'passed').map(({ name }) => name),
      passedBeside: beside.reduce((sum, one) => sum + withStatus(one, 'passed').length, 0),
      failures: files.flatMap(failuresOf),
      longest: files
        .toSorted((a, b) => secondsOf(b) - secondsOf(a))
        .slice(0, LONGEST)
        .map(lengthOf),
    }
  } catch {
    return { passed: 0, failed: 1, failedFiles: [], passedBeside: 0, failures: [], longest: [] }
  }
}

/**
 * @param {TriedFile} file
 * @param {string} status
 */
function withStatus({ assertionResults }, status) {
  return assertionResults.filter((one) => one.status === status)
}

/** @param {TriedFile} file */
function failuresOf(file) {
  const failed = withStatus(file, 'failed').map(({ fullName }) => `${shortName(file)}: ${fullName}`)
  return failed.length > 0 || file.status === 'passed' ? failed : [`${shortName(file)}: could not be run`]
}

/** @param {TriedFile} file */
function lengthOf(file) {
  return `${shortName(file)} ${secondsOf(file).toFixed(0)} s`
}

/** @param {TriedFile} file */
function secondsOf({ startTime, endTime }) {
  return (endTime - startTime) / 1000
}

/** @param {TriedFile} file */
function shortName({ name }) {
  return path.relative(checkoutDir, name)
}
