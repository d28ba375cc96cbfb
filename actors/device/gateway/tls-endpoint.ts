import { createPrivateKey, type KeyObject } from 'node:crypto'
import { UsageError } from 'troupe'
import { readPem } from '../../connection/connect.ts'
import { type EndpointOptions, formatEndpoint, resolveEndpoint } from '../../connection/endpoint.ts'

/**
 * What real devices offer: plain RSA key exchange and nothing newer, over TLS 1.2. Behind these one for tools and proxies. Said
 * outright, since a stricter policy of the machine, or a later Node, would lock devices out without a word.
 */
export const DEVICE_CIPHERS =
  'AES256-SHA256:AES128-SHA256:AES256-SHA:AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0'

/** The URL of an endpoint as devices need it: with their ciphers, if it is `tls` and names none. Throws `UsageError`. */
export function deviceEndpoint(given: string | EndpointOptions): string {
  const endpoint = resolveEndpoint(given)
  if (endpoint.protocol === 'udp') {
    throw new UsageError('invalid-endpoint', `${formatEndpoint(endpoint)}: a Cync gateway takes tcp, tls and unix`)
  }
  if (endpoint.protocol !== 'tls' || endpoint.ciphers !== undefined) return formatEndpoint(endpoint)
  return formatEndpoint({ ...endpoint, ciphers: DEVICE_CIPHERS })
}

/** Rejects with `invalid-certificate` where devices could not use the key: they take RSA only. */
export async function checkDeviceCertificate(url: string): Promise<void> {
  const endpoint = resolveEndpoint(url)
  if (endpoint.protocol !== 'tls' || endpoint.keyFile === undefined) return
  const key = privateKey(endpoint.keyFile, (await readPem(endpoint.keyFile)) as Buffer)
  if (key.asymmetricKeyType === 'rsa') return
  const text = `the key in ${endpoint.keyFile} must be RSA for devices to connect, got ${key.asymmetricKeyType}`
  throw new UsageError('invalid-certificate', text)
}

/** What OpenSSL says of a file that has no key in it names neither. */
function privateKey(file: string, pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    const text = `${file} must be a private key in PEM without a passphrase: ${(cause as Error).message}`
    throw new UsageError('invalid-certificate', text, { cause })
  }
}
