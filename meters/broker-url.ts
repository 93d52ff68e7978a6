/** A broker's URL as it may be printed: without user name and password. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//')
}
