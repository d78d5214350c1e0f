# Completion of sigilforge for fish.
function __sigilforge_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    # A word with an open quote cannot be unescaped.
    set -l last (string unescape -- "$typed"); or set last (string trim --left --chars '\'"' -- "$typed")
    for line in (command sigilforge completion fish -- $words "$last" 2>/dev/null)
        set -l fields (string split \t -- $line)
        switch $fields[1]
            case word
                string join \t -- $fields[2..3]
            case files folders
                set -l path (string sub --start (math 1 + (string length -- "$fields[2]")) -- "$last")
                set -l paths (__fish_complete_path "$path")
                test $fields[1] = folders; and set paths (__fish_complete_directories "$path")
                for found in $paths
                    echo $fields[2]$found
                end
            case program
                set -l program (string escape -- $words[(math 1 + $fields[2])..-1])
                complete --do-complete (string join ' ' -- $program "$typed")
        end
    end
end

complete --command sigilforge --no-files --arguments '(__sigilforge_complete)'
