import { initWasm, Resvg } from '@resvg/resvg-wasm'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

let ready: Promise<void> | undefined

// WebAssembly and not the machine's own build: its arithmetic is the same everywhere, and so are the bytes.
async function loaded(): Promise<void> {
  ready ??= readFile(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm')).then((module) => initWasm(module))
  return ready
}

/** Pixels of an SVG of outlines, `zoom` to the unit: RGBA, row by row. */
export async function pixelsOf(svg: string, zoom: number): Promise<{ width: number; height: number; rgba: Uint8Array }> {
  await loaded()
  const drawing = new Resvg(svg, { fitTo: { mode: 'zoom', value: zoom } })
  const image = drawing.render()
  try {
    return { width: image.width, height: image.height, rgba: image.pixels }
  } finally {
    image.free()
    drawing.free()
  }
}
