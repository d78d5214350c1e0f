/** The page of the demonstration provider, with one button. `request` is a name of its own, which needs no escaping. */
export function signInPage(request: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Demonstration provider</title>
<style>:root { color-scheme: light dark } body { font: 16px/1.5 system-ui, sans-serif; margin: 4rem auto; max-width: 26rem;
  padding: 0 1rem } button { font: inherit; padding: .6rem 1.2rem }</style>
</head>
<body>
<main>
<h1>Demonstration provider</h1>
<p>This page stands in for the sign-in of GitHub, Google and the like. It runs on your own machine, and ends with the quickstart.</p>
<form method="post" action="/authorize">
<input type="hidden" name="request" value="${request}">
<button>Sign in as ada</button>
</form>
</main>
</body>
</html>
`;
}
