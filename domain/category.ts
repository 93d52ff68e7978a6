/** What kind of customer it is (manual 2.2.2, "their segment"): decides about deposits and protections by the plant's policy. */
export const CUSTOMER_CATEGORIES = [
  'low-income',
  'lower-middle-income',
  'higher-middle-income',
  'high-income',
  'micro-enterprise',
  'church',
  'school',
  'hospital',
  'medical-need',
  'public-lighting',
  'panchayat',
  'government',
] as const
