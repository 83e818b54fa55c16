/**
 * What a page of PayFlow may load and reach: only what came with it. The desktop's own scheme and the console's server
 * send the same policy. Styles are the one opening: Mantine and the scroll lock of its dialogs add style elements
 * while they run. A nonce was refused: it has to be written into the page anew at each delivery, by two servers, and
 * guards against styles only, where no script can run and no image can leave.
 */
export const CONTENT_SECURITY_POLICY: Readonly<Record<string, readonly string[]>> = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'font-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};

/** As the value of the header `Content-Security-Policy`. */
export const contentSecurityPolicy = Object.entries(CONTENT_SECURITY_POLICY)
  .map(([directive, sources]) => `${directive} ${sources.join(' ')}`)
  .join('; ');
