namespace Nemotron.Cli.Completions;

/// <summary>Scripts that make shells ask this program for what could come next. All of them go through <see cref="CompletionCommand.Asked"/>.</summary>
internal static class CompletionScripts
{
    /// <summary>For kubectl's own completion: a program named <c>kubectl_complete-nemotron</c> on PATH answers for <c>kubectl nemotron</c>.</summary>
    public const string Kubectl = """
        #!/bin/sh
        # Save as kubectl_complete-nemotron on PATH, executable: kubectl's own completion then completes "kubectl nemotron".
        exec kubectl-nemotron __complete "$@"

        """;

    public const string Bash = """
        # source <(kubectl-nemotron completion bash)
        _kubectl_nemotron() {
            local line
            COMPREPLY=()
            while IFS= read -r line; do
                case "$line" in :*) ;; *) COMPREPLY+=("${line%%$'\t'*}") ;; esac
            done < <(kubectl-nemotron __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
        }
        complete -F _kubectl_nemotron kubectl-nemotron

        """;

    public const string Zsh = """
        #compdef kubectl-nemotron
        # source <(kubectl-nemotron completion zsh)
        _kubectl_nemotron() {
            local -a found
            local line
            for line in "${(@f)$(kubectl-nemotron __complete "${(@)words[2,$CURRENT]}" 2>/dev/null)}"; do
                [[ "$line" == :* ]] || found+=("${line%%$'\t'*}")
            done
            compadd -a found
        }
        compdef _kubectl_nemotron kubectl-nemotron

        """;

    public const string Fish = """
        # kubectl-nemotron completion fish | source
        function __kubectl_nemotron_complete
            set -l words (commandline -opc) (commandline -ct)
            kubectl-nemotron __complete $words[2..-1] 2>/dev/null | string match -v ':*'
        end
        complete -c kubectl-nemotron -f -a '(__kubectl_nemotron_complete)'

        """;
}
