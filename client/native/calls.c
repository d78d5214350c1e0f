#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "docker.h"
#include "formats.h"
#include "git.h"
#include "input.h"
#include "names.h"
#include "output.h"
#include "protocols.h"
#include "results.h"

typedef bool (*put_result)(const struct words *words, struct span result);

static bool put_resolved(const struct words *words, struct span result) {
  struct resolved resolved;
  (void)words;
  return read_resolved(result, &resolved) && put_line(resolved.value);
}

static bool put_secret(const struct words *words, struct span result) {
  struct span value;
  (void)words;
  return read_secret(result, &value) && put_line(value);
}

static void ask(struct call *call, const char *method, put_result put) {
  call->request.method = method;
  call->put = put;
}

/* What it is made of was looked at: nothing in it is special in JSON. */
static void set_params(struct call *call, const char *form, const char *first, const char *second) {
  snprintf(call->request.params, sizeof call->request.params, form, first, second);
}

static bool are_account(const char *service, const char *account) {
  return is_service(service, strlen(service)) && is_account(account, strlen(account));
}

static void ask_for_token(struct call *call, put_result put) {
  ask(call, "get_token", put);
  set_params(call, "\"service\":\"%s\",\"account\":\"%s\"", call->words.at[1], call->words.at[2]);
}

static bool read_get_token(struct call *call) {
  const struct words *words = &call->words;
  if (words->count != 3 || words->wants_id_token || words->options[ACCOUNT] != NULL ||
      !are_account(words->at[1], words->at[2]))
    return false;
  ask_for_token(call, token_format(words));
  return call->put != NULL;
}

static bool read_resolve(struct call *call) {
  const struct words *words = &call->words;
  if (words->count != 2 || has_options(words) || !is_reference(words->at[1])) return false;
  ask(call, "resolve", put_resolved);
  set_params(call, "\"reference\":\"%s\"%s", words->at[1], "");
  return true;
}

/* On a terminal Node may say once how a secret is given to a program. */
static bool read_secret_get(struct call *call) {
  const struct words *words = &call->words;
  if (words->count != 3 || has_options(words) || strcmp(words->at[1], "get") != 0) return false;
  if (!is_secret_key(words->at[2]) || (!words->is_quiet && isatty(STDOUT_FILENO))) return false;
  ask(call, "get_secret", put_secret);
  set_params(call, "\"key\":\"%s\"%s", words->at[2], "");
  return true;
}

static bool read_aws_credentials(struct call *call) {
  const struct words *words = &call->words;
  if (words->count != 2 || has_options(words) || !is_account(words->at[1], strlen(words->at[1])))
    return false;
  ask(call, "get_aws_credentials", put_aws_credentials);
  set_params(call, "\"name\":\"%s\"%s", words->at[1], "");
  return true;
}

static bool read_kube_credential(struct call *call) {
  struct words *words = &call->words;
  bool wants_id_token = words->wants_id_token;
  words->wants_id_token = false;
  if (words->count != 3 || has_options(words) || !are_account(words->at[1], words->at[2])) return false;
  if (!knows_kube_version()) return false;
  if (!wants_id_token) {
    ask_for_token(call, put_kube_token);
    return true;
  }
  ask(call, "resolve", put_kube_id_token);
  set_params(call, "\"reference\":\"auth://%s/%s/id_token\"", words->at[1], words->at[2]);
  return true;
}

/* The user name that git is given. */
static struct span git_username;

static bool put_git_answer(const struct words *words, struct span result) {
  (void)words;
  return put_git_credential(git_username, result);
}

/* SERVICE/ACCOUNT as members of parameters. Node writes the service in small letters. */
static bool set_account(struct request *request, const char *text) {
  size_t length = strcspn(text, "/");
  const char *account = text + length + 1;
  if (text[length] == '\0' || !is_service(text, length) || !is_account(account, strlen(account)))
    return false;
  for (size_t place = 0; place < length; place++) {
    if (text[place] >= 'A' && text[place] <= 'Z') return false;
  }
  snprintf(request->params, sizeof request->params, "\"service\":\"%.*s\",\"account\":\"%s\"", (int)length,
           text, account);
  return true;
}

static bool read_git_get(struct call *call, const struct git_request *git) {
  /* Without --account Node looks for the accounts that fit. */
  if (call->words.options[ACCOUNT] == NULL) return false;
  ask(call, "get_token", put_git_answer);
  git_username = git->username;
  return true;
}

/* What was not typed is not kept, so there is nothing to ask. */
static bool read_git_store(const struct call *call, const struct git_request *git) {
  return call->words.options[ACCOUNT] != NULL || git->passes;
}

static bool read_git_credential(struct call *call) {
  const struct words *words = &call->words;
  struct words others = *words;
  struct git_request git;
  struct span input;
  others.options[ACCOUNT] = NULL;
  if (words->count != 2 || has_options(&others)) return false;
  if (words->options[ACCOUNT] != NULL && !set_account(&call->request, words->options[ACCOUNT])) return false;
  bool gets = strcmp(words->at[1], "get") == 0;
  if (!gets && strcmp(words->at[1], "store") != 0) return false;
  if (!read_input(&input) || !read_git_request(input, &git)) return false;
  return gets ? read_git_get(call, &git) : read_git_store(call, &git);
}

/* The registry that docker asks about, and the user name that goes with the token. */
static char registry[REGISTRY_ROOM];
static struct span docker_user;

static bool put_docker_token(const struct words *words, struct span result) {
  struct token token;
  (void)words;
  return read_token(result, &token) && put_docker_login(registry, docker_user, token.access_token);
}

/* The secret of a registry holds a login, or says which account's token it takes. */
static bool go_on_with_kept(struct call *call, struct span result) {
  static struct kept_login login;
  struct span value;
  if (!read_secret(result, &value) || !read_kept_login(value, &login)) return false;
  if (login.secret.at != NULL) {
    call->request.method = NULL;
    return put_docker_login(registry, login.user, login.secret);
  }
  ask(call, "get_token", put_docker_token);
  docker_user = login.user;
  return set_account(&call->request, login.account);
}

static bool read_docker_credential(struct call *call) {
  const struct words *words = &call->words;
  struct span input;
  if (words->count != 2 || has_options(words) || strcmp(words->at[1], "get") != 0) return false;
  if (!read_input(&input) || !read_registry(input, registry)) return false;
  ask(call, "get_secret", NULL);
  call->go_on = go_on_with_kept;
  set_params(call, "\"key\":\"docker/%s\"%s", registry, "");
  return true;
}

static const struct command {
  const char *name;
  bool (*read)(struct call *call);
} COMMANDS[] = {
    {"get-token", read_get_token},
    {"resolve", read_resolve},
    {"secret", read_secret_get},
    {"aws-credentials", read_aws_credentials},
    {"kube-credential", read_kube_credential},
    {"git-credential", read_git_credential},
    {"docker-credential", read_docker_credential},
};

bool read_call(char **arguments, struct call *call) {
  call->words = (struct words){.count = 0};
  if (arguments[0] == NULL || !read_words(arguments, &call->words)) return false;
  for (size_t index = 0; index < sizeof COMMANDS / sizeof *COMMANDS; index++) {
    if (strcmp(call->words.at[0], COMMANDS[index].name) == 0) return COMMANDS[index].read(call);
  }
  return false;
}
