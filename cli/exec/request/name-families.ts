/** Variables by which a program is told what to run, what to load, or where to send what it holds. */
interface Family {
  /** What they decide: the rest of a sentence that starts with the name. */
  readonly decides: string;
  /** Upper-case names; `*` is any text. */
  readonly names: string;
  /** What is common in env files and decides nothing of the kind, above all credentials. */
  readonly except?: string;
}

/*
 * Taken together from sudo's env_delete and env_check, the manuals of the programs, and what attacks have used. Left out
 * is what env files are for: credentials, the addresses of a program's own services, KUBECONFIG, AWS_PROFILE, TZ, TERM.
 */

/** By one of these, its value runs code in the program or in one that it starts. */
const CODE: readonly Family[] = [
  {
    decides: 'decides what the dynamic linker and the C library load',
    names: `LD_* DYLD_* _RLD* LDR_* LIBPATH SHLIB_PATH GLIBC_TUNABLES MALLOC_* GCONV_PATH LOCPATH NLSPATH GETCONF_DIR
      OPENSSL_CONF* OPENSSL_MODULES OPENSSL_ENGINES SASL_PATH KRB5_CONFIG* TERMINFO* TERMCAP TERMPATH XLOCALEDIR
      GTK_MODULES GTK_PATH GIO_MODULE_DIR GIO_EXTRA_MODULES QT_PLUGIN_PATH QT_QPA_PLATFORM_PLUGIN_PATH GST_PLUGIN_*
      LIBGL_DRIVERS_PATH LIBMYSQL_PLUGIN*`,
  },
  {
    decides: 'decides what a shell runs',
    names: `PATH PATHEXT COMSPEC SHELL IFS ENV BASH_ENV BASH_FUNC_* BASH_LOADABLES_PATH BASH_XTRACEFD SHELLOPTS BASHOPTS PS0
      PS1 PS4 PROMPT_COMMAND ZDOTDIR FPATH CDPATH GLOBIGNORE EXECIGNORE NULLCMD READNULLCMD TMPPREFIX HISTFILE INPUTRC
      PSMODULEPATH`,
  },
  {
    decides: 'decides where programs look for their configuration',
    names: 'HOME HOMEDRIVE HOMEPATH USERPROFILE APPDATA LOCALAPPDATA XDG_*',
  },
  {
    decides: 'decides what git runs and reads',
    names: `GIT_CONFIG* GIT_SSH GIT_SSH_COMMAND GIT_SSH_VARIANT GIT_PROXY_COMMAND GIT_REDIRECT_* GIT_ASKPASS GIT_EDITOR
      GIT_PAGER GIT_SEQUENCE_EDITOR GIT_EXEC_PATH GIT_EXTERNAL_DIFF GIT_TEMPLATE_DIR GIT_DIR GIT_COMMON_DIR GIT_WORK_TREE
      GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_NAMESPACE GIT_SHALLOW_FILE GIT_ATTR_*
      GIT_ALLOW_PROTOCOL GIT_PROTOCOL_FROM_USER GIT_CEILING_DIRECTORIES GIT_DISCOVERY_ACROSS_FILESYSTEM`,
  },
  {
    decides: 'names a program that others run: a pager, an editor, a browser, one that asks or connects',
    names: `PAGER *_PAGER MANPAGER LESS LESSOPEN LESSCLOSE LESSKEY* MANOPT MANROFFOPT EDITOR *_EDITOR VISUAL FCEDIT HGEDITOR
      VIMINIT GVIMINIT EXINIT MYVIMRC VIMRUNTIME EMACSLOADPATH BROWSER *_BROWSER TERMINAL *_ASKPASS *_RSH RSYNC_CONNECT_PROG
      SVN_SSH HGRCPATH BZR_SSH TAR_OPTIONS FZF_DEFAULT_* RIPGREP_CONFIG_PATH SCREENRC PSQLRC ANSIBLE_* TF_CLI_ARGS* TF_DATA_DIR
      TF_PLUGIN_* TF_REATTACH_PROVIDERS CLOUDSDK_PYTHON* AZURE_EXTENSION_DIR`,
    except: 'ANSIBLE_*PASSWORD ANSIBLE_*PASSWORD_FILE',
  },
  {
    decides: 'decides what a build runs',
    names: `MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKEFILES MAKESHELL MAKE CMAKE_* CC CXX CPP LD AR AS NM RANLIB STRIP CFLAGS CXXFLAGS
      CPPFLAGS LDFLAGS CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH GCC_EXEC_PREFIX PKG_CONFIG*
      CONFIG_SITE CONFIG_SHELL ACLOCAL_PATH RUSTC* RUSTDOC* RUSTFLAGS RUSTUP_* CGO_* GOFLAGS GOENV GOROOT GOPATH GOBIN
      GOTOOLCHAIN GOTOOLDIR GOCACHEPROG GOAUTH GOVCS GOWORK CCACHE_* SCCACHE_*`,
    except: 'SCCACHE_*TOKEN SCCACHE_*KEY',
  },
  {
    decides: 'decides what Node.js, Deno or Bun loads',
    names: `NODE_OPTIONS NODE_PATH NODE_REPL_* NODE_COMPILE_CACHE NODE_V8_COVERAGE NODE_ICU_DATA ELECTRON_RUN_AS_NODE TS_NODE_*
      DENO_* BUN_OPTIONS BUN_INSPECT* BUN_INSTALL* BUN_RUNTIME_*`,
    except: 'DENO_*TOKEN DENO_*TOKENS DENO_ENV',
  },
  {
    decides: 'decides what Python loads',
    names: 'PYTHON* VIRTUAL_ENV PYENV_*',
    except: `PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE PYTHONHASHSEED PYTHONIOENCODING PYTHONUTF8 PYTHONFAULTHANDLER
      PYTHONOPTIMIZE PYTHONDEVMODE PYTHONASYNCIODEBUG PYTHONTRACEMALLOC PYTHON_VERSION`,
  },
  {
    decides: 'decides what Perl, Ruby, PHP, Lua, R or Julia loads',
    names: `PERL* RUBYOPT RUBYLIB* RUBYSHELL RUBYPATH RUBYGEMS_GEMDEPS GEM_HOME GEM_PATH GEMRC PHPRC PHP_INI_SCAN_DIR LUA_* R_HOME
      R_PROFILE* R_ENVIRON* R_LIBS* R_DEFAULT_PACKAGES JULIA_LOAD_PATH JULIA_DEPOT_PATH
      JULIA_PROJECT JULIA_BINDIR JULIA_PKG_SERVER* TCLLIBPATH GUILE_LOAD_* AWKPATH AWKLIBPATH`,
  },
  {
    decides: 'decides what Java, Erlang, .NET, OCaml or Haskell loads',
    names: `JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS JAVA_OPTS JAVA_OPTIONS JAVA_ARGS JAVA_HOME JAVACMD JRE_HOME
      CLASSPATH MAVEN_OPTS MAVEN_ARGS MAVEN_CONFIG MAVEN_HOME M2_HOME GRADLE_OPTS GRADLE_USER_HOME GRADLE_HOME SBT_OPTS ANT_OPTS ANT_ARGS
      CATALINA_OPTS KOTLIN_HOME ERL_FLAGS ERL_AFLAGS ERL_ZFLAGS ERL_LIBS ERL_INETRC ERL_EPMD_* ELIXIR_ERL_OPTIONS MIX_HOME MIX_ARCHIVES MIX_EXS DOTNET_STARTUP_HOOKS
      DOTNET_ADDITIONAL_DEPS DOTNET_SHARED_STORE DOTNET_ROOT* CORECLR_* COR_* COMPLUS_* MSBUILD* OCAMLRUNPARAM
      CAML_LD_LIBRARY_PATH GHCRTS GHC_PACKAGE_PATH`,
  },
];

/** These decide to whom a program talks and whom it trusts. A person may have a reason to name one. */
const PLACES: readonly Family[] = [
  {
    decides: 'decides through which proxy or by which names others are reached',
    names: `HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY FTP_PROXY SOCKS_PROXY SOCKS_SERVER RSYNC_PROXY CGI_HTTP_PROXY WS_PROXY
      WSS_PROXY GLOBAL_AGENT_* NODE_USE_ENV_PROXY LOCALDOMAIN RES_OPTIONS HOSTALIASES RESOLV_HOST_CONF`,
  },
  {
    decides: 'decides which certificates are trusted, or where the keys of connections are written',
    names: `SSL_CERT_FILE SSL_CERT_DIR NIX_SSL_CERT_FILE SSLKEYLOGFILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE AWS_CA_BUNDLE
      NODE_EXTRA_CA_CERTS NODE_TLS_REJECT_UNAUTHORIZED HTTPLIB2_CA_CERTS GRPC_DEFAULT_SSL_ROOTS_FILE_PATH TWINE_CERT
      GIT_SSL_* GIT_PROXY_SSL_* GIT_TRACE* GIT_CURL_VERBOSE`,
  },
  {
    decides: 'decides from where a package manager takes code',
    names: `NPM_CONFIG_* YARN_* PNPM_* COREPACK_* BUN_CONFIG_* PIP_* PIPENV_* UV_* POETRY_* CONDA_* TWINE_REPOSITORY* CARGO_*
      GOPROXY GONOPROXY GOPRIVATE GONOSUMDB GONOSUMCHECK GOSUMDB GOINSECURE GOMODCACHE BUNDLE_GEMFILE BUNDLE_PATH BUNDLE_BIN*
      BUNDLE_APP_CONFIG BUNDLE_USER_* BUNDLE_BUILD__* BUNDLE_LOCAL__* BUNDLE_MIRROR__* BUNDLE_SSL_* BUNDLE_SHEBANG
      RUBYGEMS_HOST COMPOSER COMPOSER_* HEX_API_URL HEX_MIRROR* HEX_HOME HEX_UNSAFE_* NUGET_* HOMEBREW_*`,
    except: `*TOKEN *PASSWORD *USERNAME *_AUTH *_AUTH_IDENT *_API_KEY *_NO_INPUT POETRY_HTTP_BASIC_* POETRY_PYPI_TOKEN_* *_VERSION
      PIP_NO_CACHE_DIR PIP_DISABLE_PIP_VERSION_CHECK COMPOSER_NO_INTERACTION CARGO_INCREMENTAL CARGO_TERM_* CARGO_PROFILE_*`,
  },
  {
    decides: 'decides to whom a client talks, or with which credentials',
    names: `AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_ENDPOINT_URL* AWS_CONTAINER_* AWS_EC2_METADATA_* DOCKER_HOST DOCKER_CONFIG DOCKER_CONTEXT DOCKER_CERT_PATH
      DOCKER_TLS* CONTAINER_HOST CONTAINERS_* BUILDKIT_HOST CLOUDSDK_CONFIG CLOUDSDK_API_* AZURE_CONFIG_DIR GH_CONFIG_DIR
      CURL_HOME WGETRC NETRC GNUPGHOME SSH_AUTH_SOCK DBUS_* PGSERVICEFILE PGSYSCONFDIR MYSQL_HOME DEBUGINFOD_URLS
      ANSIBLE_*PASSWORD_FILE TF_CLI_CONFIG_FILE GIT_HTTP_*`,
    except: 'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  },
  {
    decides: 'decides where Sigilforge and others keep their files',
    names: 'SIGILFORGE_* TMPDIR TMP TEMP',
  },
];

/** What a variable of this name decides, or `undefined`. What a person has typed may decide where to go, not what to run. */
export function powerOf(name: string, { isTyped }: { readonly isTyped: boolean }): string | undefined {
  const upper = name.toUpperCase();
  const families = isTyped ? CODE : [...CODE, ...PLACES];
  return families.find(({ names, except = '' }) => fits(upper, names) && !fits(upper, except))?.decides;
}

function fits(name: string, patterns: string): boolean {
  return patterns.split(/\s+/).some((pattern) => {
    const [start = '', end] = pattern.split('*');
    if (end === undefined) return name === pattern;
    return name.length >= pattern.length - 1 && name.startsWith(start) && name.endsWith(end);
  });
}
