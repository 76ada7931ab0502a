namespace VmProxy.Benchmarks.Tree;

/// <summary>
/// An executable, a library or an object archive with the structure of ELF: a header, machine code whose instructions are distributed as in real
/// code, relocations, symbols, strings and tables.
/// </summary>
sealed class ProgramFile(Vocabulary words, Chance chance, Page page)
{
    readonly record struct Instruction(byte[] Opcode, int Operands, bool IsRelative);

    Instruction[] _instructions = [];
    Instruction[][] _idioms = [];
    byte[] _operands = [];
    int[] _targets = [];

    public void Write()
    {
        MakeDialect();
        Header();
        while (page.Left > 4096)
        {
            var size = Math.Min(page.Left, (64 << 10) + chance.Below(2 << 20));
            Symbols(size / 14);
            Strings(size / 9);
            Relocations(size / 8);
            Code(size / 2);
            Constants(size / 12);
            Unwind(size / 12);
        }

        Code(page.Left);
    }

    void MakeDialect()
    {
        _instructions = new Instruction[220];
        for (var i = 0; i < _instructions.Length; i++)
        {
            var opcode = new byte[i < 40 ? 1 + chance.Below(2) : 2 + chance.Below(2)];
            chance.Fill(opcode);
            opcode[0] = i % 3 == 0 ? (byte)(0x48 + chance.Below(2)) : opcode[0];
            _instructions[i] = new Instruction(opcode, i % 7 == 6 ? 4 : 1 + (i % 2), i % 11 == 3);
        }

        _operands = new byte[256];
        for (var i = 0; i < _operands.Length; i++)
        {
            _operands[i] = (byte)(i < 64 ? chance.Below(32) * 8 : chance.Below(256));
        }

        _idioms = new Instruction[900][];
        for (var i = 0; i < _idioms.Length; i++)
        {
            _idioms[i] = new Instruction[2 + chance.Below(6)];
            foreach (ref var instruction in _idioms[i].AsSpan())
            {
                instruction = _instructions[chance.Skewed(_instructions.Length)];
            }
        }

        _targets = new int[4000];
        foreach (ref var target in _targets.AsSpan())
        {
            target = chance.Below(4 << 20) & ~15;
        }
    }

    void Header()
    {
        page.Add([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        page.AddUInt16(3);
        page.AddUInt16(62);
        for (var segment = 0; segment < 11; segment++)
        {
            page.AddUInt32(1 + chance.Below(7));
            page.AddUInt32(4 + chance.Below(4));
            for (var i = 0; i < 6; i++)
            {
                page.AddUInt64(chance.Below(1 << 24) & ~7);
            }
        }
    }

    void Code(int size)
    {
        var end = page.Length + Math.Min(size, page.Left);
        var start = page.Length;
        while (page.Length < end)
        {
            if (page.Length - start > 4000 && chance.Happens(0.26))
            {
                // The same template or macro once more.
                var distance = 600 + chance.Skewed(page.Length - start - 600);
                page.Repeat(distance, Math.Min(distance, Math.Min(80 + chance.Skewed(900), end - page.Length)));
            }

            // Function: prologue, body, epilogue, alignment.
            page.Add([0xF3, 0x0F, 0x1E, 0xFA, 0x41, 0x57, 0x41, 0x56, 0x41, 0x55, 0x41, 0x54, 0x55, 0x53]);
            for (var count = 3 + chance.Skewed(220); count > 0 && page.Length < end; count--)
            {
                if (chance.Happens(0.42))
                {
                    var idiom = _idioms[chance.Skewed(_idioms.Length)];
                    foreach (var instruction in idiom)
                    {
                        page.Add(instruction.Opcode);
                        page.Add(instruction.Operands == 4 ? (byte)0 : _operands[instruction.Opcode[0] & 31]);
                    }
                }
                else
                {
                    One(_instructions[chance.Skewed(_instructions.Length)]);
                }
            }

            page.Add([0x5B, 0x5D, 0x41, 0x5C, 0x41, 0x5D, 0x41, 0x5E, 0x41, 0x5F, 0xC3]);
            while (page.Length % 16 != 0 && page.Length < end)
            {
                page.Add(page.Length % 16 > 8 ? (byte)0x66 : (byte)0x90);
            }
        }
    }

    void One(Instruction instruction)
    {
        page.Add(instruction.Opcode);
        if (instruction.IsRelative)
        {
            page.AddUInt32(_targets[chance.Skewed(_targets.Length)] - page.Length - 4);
        }
        else if (instruction.Operands == 4)
        {
            page.AddUInt32(chance.Skewed(1 << 12) * 8);
        }
        else
        {
            for (var i = 0; i < instruction.Operands; i++)
            {
                page.Add(_operands[chance.Skewed(_operands.Length)]);
            }
        }
    }

    void Relocations(int size)
    {
        var place = chance.Below(1 << 24) & ~7;
        for (var end = page.Length + Math.Min(size, page.Left); page.Length < end;)
        {
            place += chance.Happens(0.85) ? 8 : 8 * (2 + chance.Below(30));
            page.AddUInt64(place);
            page.AddUInt64(8);
            page.AddUInt64(_targets[chance.Skewed(_targets.Length)] + (chance.Skewed(64) * 8));
        }
    }

    void Symbols(int size)
    {
        var name = 1;
        for (var end = page.Length + Math.Min(size, page.Left); page.Length < end;)
        {
            page.AddUInt32(name);
            page.AddUInt32(0x12 | (chance.Skewed(20) << 16));
            page.AddUInt64(_targets[chance.Below(_targets.Length)]);
            page.AddUInt64(chance.Skewed(4096));
            name += 8 + chance.Skewed(40);
        }
    }

    void Strings(int size)
    {
        var family = words.Text(chance.Skewed(words.Count));
        for (var end = page.Length + Math.Min(size, page.Left); page.Length < end;)
        {
            if (chance.Happens(0.05))
            {
                family = words.Text(chance.Skewed(words.Count));
            }

            page.Add(chance.Happens(0.5) ? "_ZN" : family + "_");
            page.Add(words[chance.Skewed(words.Count)]);
            page.Add(chance.Happens(0.4) ? "_" : "");
            page.Add(words[chance.Skewed(words.Count)]);
            page.Add((byte)0);
        }
    }

    void Constants(int size)
    {
        for (var end = page.Length + Math.Min(size, page.Left); page.Length < end;)
        {
            var rows = 20 + chance.Below(400);
            var width = 1 << chance.Below(4);
            var spread = 1 + chance.Skewed(60000);
            for (var i = 0; i < rows && page.Length < end; i++)
            {
                switch (width)
                {
                    case 1: page.Add((byte)chance.Skewed(256)); break;
                    case 2: page.AddUInt16(chance.Skewed(spread)); break;
                    case 4: page.AddUInt32((i * 16L) + chance.Below(spread)); break;
                    default: page.AddUInt64(chance.Happens(0.3) ? 0 : _targets[chance.Skewed(_targets.Length)]); break;
                }
            }
        }
    }

    void Unwind(int size)
    {
        for (var end = page.Length + Math.Min(size, page.Left); page.Length < end;)
        {
            page.AddUInt32(20 + (chance.Skewed(12) * 4));
            page.AddUInt32(page.Length & 0xFFFF);
            page.AddUInt32(_targets[chance.Below(_targets.Length)] - page.Length);
            page.AddUInt32(chance.Skewed(2000));
            page.Add([0x00, 0x41, 0x0E, 0x10, 0x86, 0x02]);
            page.Add((byte)chance.Skewed(64));
            page.Align(4, 0);
        }
    }
}
