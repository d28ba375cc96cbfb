%% What all works share: the clock, warming up, percentiles. Mirrors bench/harness/measure.ts.
-module(bench_measure).
-export([rate_of/2, iterations_of/2, latencies_of/2, now_ns/0, random_below/2]).

now_ns() -> erlang:monotonic_time(nanosecond).

%% A fifth of the work to warm up, then all of it under the clock. Run(Count) answers {Counted, Checksum}.
rate_of(Count, Run) ->
    Run((Count + 4) div 5),
    Start = now_ns(),
    {Counted, Checksum} = Run(Count),
    Elapsed = now_ns() - Start,
    {[{"rate", Counted * 1.0e9 / Elapsed}], Counted, Checksum}.

%% The same program again and again, a quarter as often to warm up; the median of the iterations.
iterations_of(Max, Run) ->
    {_, Tally} = iterate((Max + 3) div 4, 1, now_ns() + 500000000, Run, [], undefined),
    {Times, {Counted, Checksum}} = iterate(Max, 3, now_ns() + 1500000000, Run, [], Tally),
    {[{"ms", median(Times) / 1.0e6}], Counted, Checksum}.

%% Min to Max times, as many as begin before EndNs. All of them count the same.
iterate(Max, Min, EndNs, Run, Times, Tally) ->
    Enough = length(Times) >= Max orelse (length(Times) >= Min andalso now_ns() >= EndNs),
    case Enough of
        true -> {Times, Tally};
        false ->
            Start = now_ns(),
            Next = Run(),
            Elapsed = now_ns() - Start,
            true = Tally =:= undefined orelse Tally =:= Next,
            iterate(Max, Min, EndNs, Run, [Elapsed | Times], Next)
    end.

%% Percentiles in microseconds of Count calls after a fifth of them to warm up. Call(Index).
latencies_of(Count, Call) ->
    [Call(Index) || Index <- lists:seq(0, (Count + 4) div 5 - 1)],
    Elapsed = [begin Start = now_ns(), Call(Index), now_ns() - Start end || Index <- lists:seq(0, Count - 1)],
    Sorted = lists:sort(Elapsed),
    Figures = [{"p50", percentile(Sorted, 0.5) / 1000}, {"p99", percentile(Sorted, 0.99) / 1000}],
    {Figures, Count, Count * (Count - 1) div 2}.

%% Sorted, nearest rank.
percentile(Sorted, Fraction) -> lists:nth(max(1, ceil(length(Sorted) * Fraction)), Sorted).

median(Values) ->
    Sorted = lists:sort(Values),
    Length = length(Sorted),
    Upper = lists:nth(Length div 2 + 1, Sorted),
    case Length rem 2 of
        1 -> Upper;
        0 -> (lists:nth(Length div 2, Sorted) + Upper) / 2
    end.

%% Mirrors bench/harness/pseudo-random.ts: {Value, NextSeed}.
random_below(Bound, Seed) ->
    Next = (Seed * 22695477 + 1) band 16#7fffffff,
    {(Next bsr 8) rem Bound, Next}.
