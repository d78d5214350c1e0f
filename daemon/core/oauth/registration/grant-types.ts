/** The grant type of an assertion (RFC 7523, section 2.1). */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** The grant type of a device code (RFC 8628, section 3.4). */
export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
