const OTHERS = 200

/**
 * Throws where this process may not open so many sockets. Node raises its own limit to what the system allows when it
 * starts, so there is nothing left to try.
 */
export function requireOpenFiles(sockets: number): void {
  const limits = (process.report.getReport() as { userLimits?: { open_files?: { hard?: number | string } } }).userLimits
  const hard = Number(limits?.open_files?.hard) // NaN of 'unlimited', and on systems without limits
  if (hard >= sockets + OTHERS || Number.isNaN(hard)) return
  throw new Error(`${sockets} connections need ${sockets + OTHERS} open files, the hard limit is ${hard}`)
}
