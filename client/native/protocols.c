/* The forms in which other programs take credentials. */
#include "json.h"
#include "output.h"
#include "places.h"
#include "protocols.h"
#include "results.h"

static bool put_if_known(const char *before, struct span value) {
  return is_null(value) || put_member(before, value);
}

bool put_aws_credentials(const struct words *words, struct span result) {
  struct aws_credentials aws;
  (void)words;
  if (!read_aws_credentials_result(result, &aws)) return false;
  if (!put_member("{\"Version\":1,\"AccessKeyId\":", aws.access_key_id) ||
      !put_member(",\"SecretAccessKey\":", aws.secret_access_key) ||
      !put_if_known(",\"SessionToken\":", aws.session_token) ||
      !put_if_known(",\"Expiration\":", aws.expires_at)) {
    return false;
  }
  put_text("}\n");
  return true;
}

static const char NEWEST[] = "\"client.authentication.k8s.io/v1\"";
static const char BETA[] = "\"client.authentication.k8s.io/v1beta1\"";

/* The version that kubectl reads, as JSON. */
static bool asked_version(struct span *version) {
  const char *text = variable("KUBERNETES_EXEC_INFO");
  struct span kind;
  *version = (struct span){NEWEST, sizeof NEWEST - 1};
  if (text == NULL) return true;
  struct span info = {text, strlen(text)};
  return json_is_valid(info) && json_is_object(info) && json_member(info, "kind", &kind) &&
         span_is(kind, "\"ExecCredential\"") && json_member(info, "apiVersion", version) &&
         (span_is(*version, NEWEST) || span_is(*version, BETA));
}

bool knows_kube_version(void) {
  struct span version;
  return asked_version(&version);
}

static bool put_exec_credential(struct span token, struct span expires_at) {
  struct span version;
  if (!asked_version(&version)) return false;
  const char *before = "\"token\":";
  put_text("{\"apiVersion\":");
  put_span(version);
  put_text(",\"kind\":\"ExecCredential\",\"status\":{");
  if (!is_null(expires_at)) {
    if (!put_member("\"expirationTimestamp\":", expires_at)) return false;
    before = ",\"token\":";
  }
  if (!put_member(before, token)) return false;
  put_text("}}\n");
  return true;
}

bool put_kube_token(const struct words *words, struct span result) {
  struct token token;
  (void)words;
  return read_token(result, &token) && put_exec_credential(token.access_token, token.expires_at);
}

bool put_kube_id_token(const struct words *words, struct span result) {
  struct resolved resolved;
  (void)words;
  return read_resolved(result, &resolved) && put_exec_credential(resolved.value, resolved.expires_at);
}
