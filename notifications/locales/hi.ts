import type { NoticeTexts } from '../template.ts'
import { billing } from './hi/billing.ts'
import { cash } from './hi/cash.ts'
import { closing } from './hi/closing.ts'
import { corrections } from './hi/corrections.ts'
import { deposits } from './hi/deposits.ts'
import { dues } from './hi/dues.ts'
import { joining } from './hi/joining.ts'
import { moneyOut } from './hi/money-out.ts'
import { packageChange } from './hi/package-change.ts'
import { prices } from './hi/prices.ts'
import { staff } from './hi/staff.ts'

/** Every notice in Hindi. A missing kind is a type error here. */
export const hi: NoticeTexts = {
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
