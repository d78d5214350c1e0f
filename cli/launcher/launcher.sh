# What npm puts on PATH: the native client of this system, or Node where there is none. It starts for every call, so it
# is built-in commands alone where it can be: each process costs as much as the whole client. A variable of a caller by
# the same name would be changed for the program that it starts: hence the names.

# Where the package lies: as npm installs it globally, as npm and yarn do it in a project, or around this file itself.
sf_here=.
case $0 in *[/]*) sf_here=${0%/*} ;; esac
for sf_dist in "$sf_here/../lib/node_modules/sigilforge/dist" "$sf_here/../sigilforge/dist" "$sf_here" ''; do
  [ -e "$sf_dist/sigilforge.cjs" ] && [ "$sf_dist/$sf_name" -ef "$0" ] && break
done
# Any other link: from one to the next.
if [ -z "$sf_dist" ]; then
  sf_file=$sf_here/${0#"$sf_here/"}
  while sf_link=$(readlink "$sf_file"); do
    case $sf_link in
      [/]*) sf_file=$sf_link ;;
      *) sf_file=${sf_file%/*}/$sf_link ;;
    esac
  done
  sf_dist=${sf_file%/*}
fi

if [ -r /proc/sys/kernel/arch ]; then
  read -r sf_machine </proc/sys/kernel/arch
  sf_system="Linux $sf_machine"
else
  case $OSTYPE in
    darwin*) sf_system="Darwin $HOSTTYPE" ;;
    *) sf_system=$(uname -sm) ;;
  esac
fi
case $sf_system in
  'Linux x86_64') sf_native=linux-x64 ;;
  'Linux aarch64') sf_native=linux-arm64 ;;
  'Darwin x86_64') sf_native=darwin-x64 ;;
  'Darwin arm64') sf_native=darwin-arm64 ;;
  *) sf_native=none ;;
esac
[ -x "$sf_dist/native/$sf_native/sigilforge" ] && exec "$sf_dist/native/$sf_native/sigilforge" "$@"
exec node -- "$sf_dist/sigilforge.cjs" "$@"
