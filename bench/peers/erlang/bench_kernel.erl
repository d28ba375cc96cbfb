%% The programs of bench/kernel: plain processes on one scheduler, no supervision, no limits.
-module(bench_kernel).
-export([work/2, thread_ring/2]).

work("tell", #{messages := Messages}) -> bench_measure:rate_of(Messages, fun flood/1);
work("ping_pong", #{roundTrips := RoundTrips}) -> bench_measure:rate_of(RoundTrips, fun ping_pong/1);
work("ask", #{asks := Asks}) ->
    {ok, Server} = bench_child:start(),
    bench_measure:rate_of(Asks, fun(Count) -> ask(Server, Count, Count, 0) end);
work("thread_ring", #{actors := Actors, hops := Hops}) ->
    bench_measure:rate_of(Hops, fun(Count) -> thread_ring(Actors, Count) end);
work("spawn", #{actors := Actors}) -> bench_measure:rate_of(Actors, fun spawn_all/1);
work("memory", #{actors := Actors}) -> memory(Actors).

flood(Count) ->
    Me = self(),
    Counter = spawn(fun() -> counter(0, 0) end),
    spawn(fun() -> produce(Counter, 0, Count), Counter ! {retrieve, Me} end),
    receive {total, Counted, Checksum} -> {Counted, Checksum} end.

produce(_, Count, Count) -> ok;
produce(Counter, Value, Count) ->
    Counter ! {add, Value},
    produce(Counter, Value + 1, Count).

counter(Counted, Checksum) ->
    receive
        {add, Value} -> counter(Counted + 1, Checksum + Value);
        {retrieve, From} -> From ! {total, Counted, Checksum}
    end.

ping_pong(RoundTrips) ->
    Me = self(),
    spawn(fun() ->
        Ping = self(),
        Pong = spawn(fun() -> pong(Ping) end),
        Pong ! {ping, 0},
        Me ! ping(Pong, RoundTrips, 0, 0),
        Pong ! stop
    end),
    receive {total, Counted, Checksum} -> {Counted, Checksum} end.

ping(Pong, RoundTrips, Counted, Checksum) ->
    receive
        {pong, Value} when Counted + 1 =:= RoundTrips -> {total, Counted + 1, Checksum + Value};
        {pong, Value} ->
            Pong ! {ping, Counted + 1},
            ping(Pong, RoundTrips, Counted + 1, Checksum + Value)
    end.

pong(Ping) ->
    receive
        {ping, Value} -> Ping ! {pong, Value}, pong(Ping);
        stop -> ok
    end.

ask(_, Count, 0, Checksum) -> {Count, Checksum};
ask(Server, Count, Left, Checksum) ->
    ask(Server, Count, Left - 1, Checksum + gen_server:call(Server, {answer, Count - Left})).

thread_ring(Actors, Hops) ->
    Me = self(),
    First = spawn(fun() -> receive {next, Next} -> hop(Next, Me, 0, 0) end end),
    Last = lists:foldl(fun(_, Next) -> spawn(fun() -> hop(Next, Me, 0, 0) end) end, First, lists:seq(2, Actors)),
    First ! {next, Last},
    First ! {token, Hops},
    receive arrived -> ok end,
    First ! {stop, First, 0, 0},
    receive {stopped, Counted, Checksum} -> {Counted, Checksum} end.

hop(Next, Driver, Counted, Checksum) ->
    receive
        {token, 0} -> Driver ! arrived, hop(Next, Driver, Counted, Checksum);
        {token, Left} -> Next ! {token, Left - 1}, hop(Next, Driver, Counted + 1, Checksum + Left);
        {stop, First, Sum, SumOfTokens} -> stop_ring(Next, First, Driver, Sum + Counted, SumOfTokens + Checksum)
    end.

%% The sums go round once, from the first to the one before it.
stop_ring(First, First, Driver, Counted, Checksum) -> Driver ! {stopped, Counted, Checksum};
stop_ring(Next, First, _, Counted, Checksum) -> Next ! {stop, First, Counted, Checksum}.

spawn_all(Actors) ->
    Me = self(),
    Spawned = [spawn(fun() -> idle(Index) end) || Index <- lists:seq(0, Actors - 1)],
    [Pid ! {greet, Me} || Pid <- Spawned],
    collect(Actors, 0, 0).

collect(Actors, Actors, Checksum) -> {Actors, Checksum};
collect(Actors, Counted, Checksum) ->
    receive {hello, Value} -> collect(Actors, Counted + 1, Checksum + Value) end.

idle(State) ->
    receive
        {greet, From} -> From ! {hello, State}, idle(State);
        {add, Value} -> idle(State + Value)
    end.

memory(Actors) ->
    [spawn(fun() -> idle(Index) end) || Index <- lists:seq(1, 1000)],
    {Vm0, Rss0} = settled(),
    Keep = [spawn(fun() -> idle(Index) end) || Index <- lists:seq(0, Actors - 1)],
    {Vm1, Rss1} = settled(),
    Figures = [{"bytes", (Vm1 - Vm0) / Actors}, {"rss", (Rss1 - Rss0) / Actors}],
    {Figures, length(Keep), Actors * (Actors - 1) div 2}.

settled() ->
    erlang:garbage_collect(),
    timer:sleep(60),
    {erlang:memory(total), rss()}.

%% Where there is no /proc, what the VM says of itself.
rss() ->
    case file:read_file("/proc/self/statm") of
        {ok, Statm} ->
            [_, Pages | _] = string:split(Statm, " ", all),
            binary_to_integer(Pages) * 4096;
        _ -> erlang:memory(total)
    end.
