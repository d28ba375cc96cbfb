%% Runs one work and prints its outcome:
%%   erl -noinput -pa FOLDER -run bench_run main WORK TIME-LIMIT-MS KEY=VALUE ...
-module(bench_run).
-export([main/1]).

main([Work, TimeLimitMs | SizeWords]) ->
    logger:set_primary_config(level, none),
    {ok, _} = timer:apply_after(list_to_integer(TimeLimitMs), erlang, halt, [3]),
    Size = maps:from_list([size_word(Word) || Word <- SizeWords]),
    try run(Work, Size) of
        {Figures, Counted, Checksum} ->
            io:format("bench-outcome {\"figures\":{~s},\"counted\":~w,\"checksum\":~w}~n",
                      [lists:join(",", [figure(F) || F <- Figures]), Counted, Checksum]),
            halt(0)
    catch Class:Reason:Stack ->
        io:format(standard_error, "error ~p: ~p ~p~n", [Class, Reason, Stack]),
        halt(1)
    end.

run("savina_" ++ Program, Size) -> bench_savina:work(Program, Size);
run("threads_" ++ Work, Size) -> bench_threads:work(Work, Size);
run(Work, Size) -> bench_kernel:work(Work, Size).

size_word(Word) ->
    [Key, Value] = string:split(Word, "="),
    {list_to_atom(Key), list_to_integer(Value)}.

figure({Name, Value}) -> io_lib:format("\"~s\":~.6f", [Name, float(Value)]).
