/** The languages every text exists in. A further one is a further file in `locales/`, and the compiler lists what it lacks. */
export const LANGUAGES = ['hi', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

/** Tells whether a stored or received text names a language we write in. */
export function isLanguage(text: string): text is Language {
  return LANGUAGES.some((language) => language === text)
}
