%% The programs of bench/savina, part 1: pingpong, count, fjthrput, fjcreate, threadring, chameneos, big.
-module(bench_savina).
-export([work/2, compute/1]).

work("bndbuffer", Size) -> bench_savina_waiting:work("bndbuffer", Size);
work("philosopher", Size) -> bench_savina_waiting:work("philosopher", Size);
work("banking", Size) -> bench_savina_waiting:work("banking", Size);
work(Program, #{iterations := Iterations} = Size) ->
    bench_measure:iterations_of(Iterations, fun() -> program(Program, Size) end).

program("pingpong", #{pings := Pings}) ->
    Me = self(),
    Pong = spawn(fun() -> pong(Me, 0, 0) end),
    spawn(fun() -> self() ! ping, ping(Pong, Pings) end),
    receive {total, Counted, Checksum} -> {Counted, Checksum} end;

program("count", #{messages := Messages}) ->
    Me = self(),
    Counter = spawn(fun() -> counter(0, 0) end),
    spawn(fun() -> increment(Counter, 0, Messages), Counter ! {retrieve, Me} end),
    receive {total, Counted, Checksum} -> {Counted, Checksum} end;

program("fjthrput", #{actors := Actors, messages := Messages}) ->
    Me = self(),
    Workers = [spawn(fun() -> work_through(Me, Messages, 0, 0) end) || _ <- lists:seq(1, Actors)],
    [[Worker ! {work, Value} || Worker <- Workers] || Value <- lists:seq(0, Messages - 1)],
    add_up(Actors, 0, 0);

program("fjcreate", #{actors := Actors}) ->
    Me = self(),
    [spawn(fun() -> work_through(Me, 1, 0, 0) end) ! {work, Value} || Value <- lists:seq(0, Actors - 1)],
    add_up(Actors, 0, 0);

program("threadring", #{actors := Actors, hops := Hops}) -> bench_kernel:thread_ring(Actors, Hops);

program("chameneos", #{creatures := Creatures, meetings := Meetings}) ->
    Me = self(),
    Mall = spawn(fun() -> mall(Me, Creatures, Meetings, none, 0, 0) end),
    [spawn(fun() -> Mall ! {meet, Index rem 3, self()}, creature(Mall, Index rem 3, 0) end)
     || Index <- lists:seq(0, Creatures - 1)],
    receive {total, Counted, Checksum} -> {Counted, Checksum} end;

program("big", #{actors := Actors, pings := Pings}) ->
    Me = self(),
    Spawned = [spawn(fun() -> neighbour(Me, Index, Pings) end) || Index <- lists:seq(0, Actors - 1)],
    Neighbours = list_to_tuple(Spawned),
    [Pid ! {neighbours, Neighbours} || Pid <- Spawned],
    [Pid ! {pong, 0} || Pid <- Spawned],
    {Actors, Checksum} = add_up(Actors, 0, 0),
    [exit(Pid, kill) || Pid <- Spawned],
    {Actors * Pings, Checksum}.

add_up(0, Counted, Checksum) -> {Counted, Checksum};
add_up(Left, Counted, Checksum) ->
    receive {done, MoreCounted, MoreChecksum} -> add_up(Left - 1, Counted + MoreCounted, Checksum + MoreChecksum) end.

%% pingpong
ping(Pong, Left) ->
    receive
        ping ->
            Pong ! {ping, Left - 1, self()},
            ping(Pong, Left - 1);
        pong when Left > 0 ->
            self() ! ping,
            ping(Pong, Left);
        pong -> Pong ! stop
    end.

pong(Driver, Counted, Checksum) ->
    receive
        {ping, Value, From} ->
            From ! pong,
            pong(Driver, Counted + 1, Checksum + Value);
        stop -> Driver ! {total, Counted, Checksum}
    end.

%% count
increment(_, Messages, Messages) -> ok;
increment(Counter, Value, Messages) ->
    Counter ! {increment, Value},
    increment(Counter, Value + 1, Messages).

counter(Counted, Checksum) ->
    receive
        {increment, Value} -> counter(Counted + 1, Checksum + Value);
        {retrieve, From} -> From ! {total, Counted, Checksum}
    end.

%% fjthrput, fjcreate
work_through(Driver, Messages, Messages, Checksum) -> Driver ! {done, Messages, Checksum};
work_through(Driver, Messages, Counted, Checksum) ->
    receive
        {work, Value} ->
            compute(37.2),
            work_through(Driver, Messages, Counted + 1, Checksum + Value)
    end.

compute(Angle) ->
    Sine = math:sin(Angle),
    true = Sine * Sine > 0.

%% chameneos
mall(Driver, Creatures, _, _, Creatures, Counted) -> Driver ! {total, Counted, Creatures};
mall(Driver, Creatures, Left, Waiting, Faded, Counted) ->
    receive
        {count, Met} -> mall(Driver, Creatures, Left, Waiting, Faded + 1, Counted + Met);
        {meet, _, From} when Left =:= 0 ->
            From ! {exit, self()},
            mall(Driver, Creatures, Left, Waiting, Faded, Counted);
        {meet, _, From} when Waiting =:= none -> mall(Driver, Creatures, Left, From, Faded, Counted);
        {meet, _, _} = Meet ->
            Waiting ! Meet,
            mall(Driver, Creatures, Left - 1, none, Faded, Counted)
    end.

creature(Mall, Color, Met) ->
    receive
        {meet, Other, From} ->
            Changed = complement(Color, Other),
            From ! {change, Changed},
            Mall ! {meet, Changed, self()},
            creature(Mall, Changed, Met + 1);
        {change, Changed} ->
            Mall ! {meet, Changed, self()},
            creature(Mall, Changed, Met + 1);
        {exit, From} -> From ! {count, Met}
    end.

complement(Color, Color) -> Color;
complement(Color, Other) -> 3 - Color - Other.

%% big
neighbour(Sink, Index, Pings) ->
    receive {neighbours, Neighbours} -> neighbour(Sink, Index, Pings, Neighbours, Index, 0) end.

neighbour(Sink, Index, Left, Neighbours, Seed, AnsweredBy) ->
    receive
        {ping, From} ->
            element(From + 1, Neighbours) ! {pong, Index},
            neighbour(Sink, Index, Left, Neighbours, Seed, AnsweredBy);
        {pong, By} when Left =:= 0 ->
            Sink ! {done, 1, AnsweredBy + By},
            neighbour(Sink, Index, Left, Neighbours, Seed, AnsweredBy + By);
        {pong, By} ->
            {Target, Next} = bench_measure:random_below(tuple_size(Neighbours), Seed),
            element(Target + 1, Neighbours) ! {ping, Index},
            neighbour(Sink, Index, Left - 1, Neighbours, Next, AnsweredBy + By)
    end.
