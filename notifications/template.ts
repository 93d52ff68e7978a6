import type { NoticeKind, NoticeParams } from './notices.ts'

export interface RenderedNotice {
  /** A heading for print, app and staff lists; an SMS leaves it out. */
  readonly subject?: string
  readonly body: string
}

/** The texts of a group of notices, one template per kind. */
export type TextsOf<Group> = { readonly [K in keyof Group]: (params: Readonly<Group[K]>) => RenderedNotice }

/** One language: every kind of notice has its text, or the compiler says which has not. */
export type NoticeTexts = { readonly [K in NoticeKind]: (params: NoticeParams[K]) => RenderedNotice }
