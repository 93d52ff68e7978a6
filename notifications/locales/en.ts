import type { NoticeTexts } from '../template.ts'
import { billing } from './en/billing.ts'
import { cash } from './en/cash.ts'
import { closing } from './en/closing.ts'
import { corrections } from './en/corrections.ts'
import { deposits } from './en/deposits.ts'
import { dues } from './en/dues.ts'
import { joining } from './en/joining.ts'
import { moneyOut } from './en/money-out.ts'
import { packageChange } from './en/package-change.ts'
import { prices } from './en/prices.ts'
import { staff } from './en/staff.ts'

/** Every notice in English. A missing kind is a type error here. */
export const en: NoticeTexts = {
  ...joining,
  ...billing,
  ...corrections,
  ...dues,
  ...deposits,
  ...prices,
  ...packageChange,
  ...closing,
  ...moneyOut,
  ...cash,
  ...staff,
}
